package autoscaler

// memory is what a controller has learned. Its fields are exported for JSON
// only.
type memory struct {
	At         float64 // of the last decision, s since 1970; 0: never
	Mean       float64 // service time over all types, s
	Busy       float64 // counters of the fleet
	Slots      float64
	Types      []taskType
	Queues     []queue
	Level      level
	Margin     margin
	Startup    startup
	Reserve    reserve
	Hysteresis hysteresis
	Brake      memoryBrake
}
