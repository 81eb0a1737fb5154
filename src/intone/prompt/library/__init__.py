"""The library: wordings to try, in data files a person can read and extend."""
