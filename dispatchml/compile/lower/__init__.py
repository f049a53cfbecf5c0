"""From a program to loops: what each element is made of, what is kept in memory, and which results share a loop."""
