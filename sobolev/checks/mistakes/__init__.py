"""What kind of mistake it is: judged entry by entry, column by column, row by row."""
