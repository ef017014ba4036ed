"""What changes something process-wide: processors, allocator, OpenCV. Only commands ask for it."""
