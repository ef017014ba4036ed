"""Pictures to detections: the network, suppression, and what is shown."""
