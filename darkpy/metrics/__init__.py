"""How good detections are: Darknet's numbers, COCO's numbers, and the files that `valid` writes."""
