"""What can be asked: types, fields, filters and questions, derived from the contract; runs no operation."""
