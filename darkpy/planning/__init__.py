"""A whole cfg without torch: the network's plan, its heads, its weights file, its memory."""
