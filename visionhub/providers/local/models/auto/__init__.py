"""Models of the `transformers` ecosystem, by its Auto classes: a new architecture needs no code here. One module a task word.

    load(folder, place) -> Task     see `engines/torch/engine.py`

loading.py   a folder with `config.json` and weights to a model on a device, or an error that says what is wrong with it
names.py     what a model calls the things it knows

`AutoImageProcessor` is taken from its own module: by its name in `transformers` some versions keep it for those who have torchvision.
"""
