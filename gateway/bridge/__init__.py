"""Couriers to the office systems, and the package that they carry."""
