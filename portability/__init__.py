"""Number portability: which routing number leads to a called number. Its door is `service.Portability`."""
