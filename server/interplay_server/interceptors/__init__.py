"""What every call passes on its way to a service, one file each; `chain` names the order."""
