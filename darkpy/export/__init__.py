"""Networks for other programs: ONNX in each consumer's form, and proof that the files fit."""
