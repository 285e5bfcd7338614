"""PyTorch: models on a GPU, or on the CPU. Imported at the first call that needs it.

device.py    which device, and in which precision    pictures.py   pictures into a model's input, in batches on its device
batcher.py   calls grouped into batches              resample.py   resizing as products of matrices
shelf.py     models within a memory budget           tune.py       models made faster
engine.py    all of it together: questions in, answers out
"""
