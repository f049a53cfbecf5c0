"""Python functions with loops and branches as compiled operations, derivatives included."""
