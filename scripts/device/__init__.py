"""What `scripts/device_check` looks at, a module a part."""
