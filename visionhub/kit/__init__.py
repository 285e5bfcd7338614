"""What vendor folders are made with, theirs and yours.

http.py     a wire over plain HTTP                  faults.py   a vendor's codes as our errors
options.py  what can be set for a provider          loops.py    one async client an event loop
prompts.py  what language models are asked          sizes.py    shapes of pictures to be made
vectors.py  faces compared by their vectors         openai.py   OpenAI's protocol, which several vendors speak
"""
