"""Journey signals: what a customer's way through the company shows, beside detractors and repeats."""
