"""What offers brought: comparisons of people whom a lot gave an offer with people whom a lot left alone."""
