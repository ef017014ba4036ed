"""What people look at: boxes on pictures, windows, charts."""
