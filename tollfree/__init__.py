"""Toll free numbers, and other numbers that lead to many places: record, template, rules. Its door is `service.TollFree`."""
