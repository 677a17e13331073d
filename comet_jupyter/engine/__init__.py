"""What happens meanwhile: one thread, one loop, and the handles that people hold."""
