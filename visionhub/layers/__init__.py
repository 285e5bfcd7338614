"""What concerns every call, one matter a file. Their order stands in `pipeline.py`."""
