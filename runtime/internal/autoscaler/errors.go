package autoscaler

import "math"

const (
	fewestBurst    = 5    // decayed, before a burst says anything
	fewestAttempts = 20   // decayed, before an error rate says anything
	failingRate    = 0.5  // from here on nothing is answered with more workers
	capHeadroom    = 1.25 // of the healthy work
	smallestCap    = 2    // attempts that go on trying
	capEvery       = 5    // s between two moves of a cap
	capDown, capUp = 0.85, 1.05
	openingRate    = 0.03 // a second, after the recovery
	cleanRun       = 3    // expected failures that did not come
)

// An errorBrake holds one type of task while its attempts fail. The brake is
// on, the type sick, while the error rate is over the threshold. Then the type
// is sized by the service time it had before, its retries are no load, and its
// concurrency has a cap that moves by additive increase and multiplicative
// decrease. Errors never add a worker.
type errorBrake struct {
	Sick           bool
	HealthySeconds float64 // service time before
	HealthyWork    float64 // erlang before
	CleanRun       float64 // successes since the last failure
	Cap            float64 // attempts at the same time; 0: none
	CapAt          float64 // s
}

// errorRate is the share of failed attempts in the last 45 s.
func (t *taskType) errorRate() float64 {
	if t.OK+t.Bad <= 0 {
		return 0
	}
	return t.Bad / (t.OK + t.Bad)
}

// failing says that a sick type fails more often than not, or began to.
func (t *taskType) failing() bool {
	return t.Sick && (t.errorRate() > failingRate || t.burstFails(failingRate))
}

// diagnose puts the brake on or takes it off.
func (t *taskType) diagnose(c *Config, dt, ok, bad float64) {
	threshold := c.Triggers.ErrorRate
	t.CleanRun += ok
	if bad > 0 {
		t.CleanRun = 0
	}
	enough := t.OK+t.Bad > fewestAttempts
	switch e := t.errorRate(); {
	case !t.Sick && enough && e > threshold:
		t.Sick = true
		t.HealthySeconds = t.Baseline
		if t.Baseline == 0 {
			t.HealthySeconds = t.Sum / math.Max(1, t.Count)
		}
		t.HealthyWork = t.Rate * t.HealthySeconds
	case t.Sick && (enough && e < threshold/2 || t.CleanRun*threshold > cleanRun):
		t.Sick = t.strained(c.Triggers.TaskComplexity)
		t.HealthySeconds += blend(dt, c.AdaptationWindow.Seconds()) * (t.FastSum/math.Max(1, t.FastCount) - t.HealthySeconds)
	}
}

// strained says that attempts take longer than before by more than the
// complexity threshold: what they call serves as many as it can, and more of
// them would only make each other slower. A service time that stays is the new
// one, after a while.
func (t *taskType) strained(threshold float64) bool {
	return t.BurstOK > fewestBurst && t.BurstSum > threshold*t.HealthySeconds*t.BurstOK
}

// brake moves the cap of the type's concurrency.
//
// Its ceiling is 1.25 times the healthy work: of the moment it fell sick or,
// unless it fails more often than not, of the moment. Its floor is the share of
// it that succeeds.
func (t *taskType) brake(c *Config, now, dt float64, heldBack int) {
	threshold := c.Triggers.ErrorRate
	if !t.Sick {
		if t.Cap > 0 {
			t.open(c, dt, heldBack)
		}
		return
	}
	work := t.HealthyWork
	if !t.failing() {
		work = math.Max(work, t.Rate*t.HealthySeconds)
	}
	ceiling := math.Max(smallestCap, capHeadroom*work)
	floor := math.Max(smallestCap, ceiling*(1-t.errorRate()))
	switch {
	case t.Cap == 0:
		t.Cap, t.CapAt = ceiling, now
	case now-t.CapAt < capEvery:
		return
	case t.burstFails(threshold):
		t.Cap, t.CapAt = math.Max(floor, t.Cap*capDown), now
	default:
		t.Cap, t.CapAt = math.Min(ceiling, t.Cap*capUp+0.5), now
	}
}

func (t *taskType) burstFails(threshold float64) bool {
	attempts := t.BurstOK + t.BurstBad
	return attempts > fewestBurst && t.BurstBad > threshold*attempts
}

// open lets out slowly what a recovered type has held back, as long as that
// does not slow it down again.
func (t *taskType) open(c *Config, dt float64, heldBack int) {
	if t.strained(c.Triggers.TaskComplexity) {
		t.Cap = math.Max(smallestCap, t.Cap*(1-openingRate*dt))
		return
	}
	t.Cap *= 1 + openingRate*dt
	if heldBack == 0 || t.Cap > maxWorkers*maxWorkers {
		t.Cap = 0
	}
}
