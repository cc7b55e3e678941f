"""The figures of the project, measured: `./dev bench`. Each module measures one group of rows; README.md explains and keeps them."""
