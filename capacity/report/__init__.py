"""What people look at: charts, tables and sentences, all made from a finished Run."""
