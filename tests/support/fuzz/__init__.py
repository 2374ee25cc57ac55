"""A fuzz of AWS's answers: each plausible, with one place in it that AWS's service model does not allow or promise."""
