"""One folder a provider, the same file names in each. `visionhub.registry` lists them."""
