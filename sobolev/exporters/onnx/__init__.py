"""ONNX of a program over rows."""
