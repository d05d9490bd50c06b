"""What is noted of a training while it runs: plain numbers, for plots and the film."""
