"""Hello, help, and what is said to everything else."""
