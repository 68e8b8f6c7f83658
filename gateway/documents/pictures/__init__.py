"""Pictures of pages: photos and scans made fit for reading, and the seals and signatures in them.  Pure."""
