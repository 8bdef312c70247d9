"""`ain smdr`: transfer, import, report, check and publish."""
