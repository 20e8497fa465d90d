"""What harms training and evaluation in a data set: duplicates, near duplicates, blanks, likely label errors."""
