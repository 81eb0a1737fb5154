"""Search: tuners propose, the race decides, the loop connects them."""
