"""What the service says: requests, answers, downloads. No display, no store, no thread."""
