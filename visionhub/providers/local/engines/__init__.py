"""What runs weights: `onnx` (onnxruntime) and `opencv` (its dnn module). Imported at the first call that needs them."""
