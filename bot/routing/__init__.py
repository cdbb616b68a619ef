"""Which feature answers what came in, and the guards that stand before every one."""
