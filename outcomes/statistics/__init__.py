"""Statistics of experiments, on arrays: differences with intervals, CUPED, ratios, ROI, daily looks, checks of lots."""
