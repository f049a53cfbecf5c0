"""What the command line does, as functions: `dispatchml.cli` asks and prints, nothing here needs typer or rich."""
