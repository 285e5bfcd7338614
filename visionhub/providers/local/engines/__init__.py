"""What runs weights: `onnx` (onnxruntime) and `opencv` (its dnn module); `tflite` translates for `onnx`. Imported at the first call that needs them."""
