"""What visionhub costs and how good its local models are: `python -m benchmarks.run [NAME...]`."""
