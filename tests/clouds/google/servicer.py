"""A gRPC server on this machine that stands for Cloud Vision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

SERVICE = "google.cloud.vision.v1.ImageAnnotator"


@contextmanager
def answering(annotate: Callable[[bytes, grpc.ServicerContext], Any]) -> Iterator[str]:
    """Its address, as long as this lasts; `annotate` answers a serialised request with a serialised answer."""
    server = grpc.server(ThreadPoolExecutor(4))
    handler = grpc.unary_unary_rpc_method_handler(annotate)
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {"BatchAnnotateImages": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop(None)
