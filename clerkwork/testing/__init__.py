"""What tests and the demo use, public: the purchasing portal."""
