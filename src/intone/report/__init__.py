"""What a person reads: tables and screens for the terminal, from results in plain values."""
