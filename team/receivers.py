"""Facts of lower apps that team work follows."""
