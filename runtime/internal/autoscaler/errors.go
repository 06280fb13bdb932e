package autoscaler

import "math"

const (
	fewestBurst    = 5    // decayed, before a burst says anything
	fewestAttempts = 20   // decayed, before an error rate says anything
	failingRate    = 0.5  // from here on nothing is answered with more workers
	capHeadroom    = 1.25 // of the healthy work
	smallestCap    = 2    // attempts that go on trying
	capEvery       = 5    // s between two moves of a cap
	capDown        = 0.85
	openingRate    = 0.03 // a second, after the recovery
	cleanRun       = 3    // expected failures that did not come
)

// An errorBrake holds one type of task while its attempts fail. The type is
// sick while its error rate is over the threshold. The brake is on, with a cap
// on the type's concurrency, once it fails more often than not, or takes longer
// than before: then more attempts would only fail, or make each other slower.
// The type is sized by the service time it had before, its retries are no load,
// and the cap moves by additive increase and multiplicative decrease. A type of
// which some attempts fail, as quickly as ever, is served as any other.
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

// braked says that a type is treated as it was before it fell sick.
func (t *taskType) braked() bool { return t.Cap > 0 || t.failing() }

// diagnose tells sick types from healthy ones.
func (t *taskType) diagnose(threshold, ok, bad float64) {
	t.CleanRun += ok
	if bad > 0 {
		t.CleanRun = 0
	}
	enough := t.OK+t.Bad > fewestAttempts
	switch e := t.errorRate(); {
	case !t.Sick && enough && e > threshold:
		t.Sick = true
	case t.Sick && (enough && e < threshold/2 || t.CleanRun*threshold > cleanRun):
		t.Sick = false
	}
}

// strained says that attempts take longer than before by more than the
// complexity threshold: what they call serves as many as it can, and more of
// them would only make each other slower. To put the brake on, that must not be
// chance; to keep it on half of it is enough.
func (t *taskType) strained(threshold float64) bool {
	if t.HealthySeconds <= 0 || t.BurstOK <= fewestBurst {
		return false
	}
	ratio := t.BurstSum / t.BurstOK / t.HealthySeconds
	if t.Cap > 0 {
		return ratio > (1+threshold)/2
	}
	return ratio*(1-2/math.Sqrt(t.BurstOK)) > threshold
}

// brake puts the cap on, moves it and takes it off.
//
// It begins at 1.25 times the healthy work. While things are bad it goes down in
// steps, to the share of that which succeeds; when they are better it opens, and
// is gone with the last task that it held back.
func (t *taskType) brake(c *Config, now, dt float64, heldBack int) {
	worse := t.failing() || t.strained(c.Triggers.TaskComplexity)
	work := t.HealthyWork
	if !t.failing() {
		work = math.Max(work, t.Rate*t.HealthySeconds)
	}
	ceiling := math.Max(smallestCap, capHeadroom*work)
	switch {
	case t.Cap == 0 && t.Sick && worse:
		t.Cap, t.CapAt = ceiling, now
	case t.Cap == 0:
	case !worse:
		t.open(c, dt, heldBack)
	case now-t.CapAt >= capEvery:
		floor := math.Max(smallestCap, ceiling*(1-t.errorRate()))
		t.Cap, t.CapAt = math.Max(math.Min(t.Cap, floor), t.Cap*capDown), now
	}
}

// open lets out slowly what a type has held back. A service time that stays is
// the new one, after a while.
func (t *taskType) open(c *Config, dt float64, heldBack int) {
	t.HealthySeconds += blend(dt, c.AdaptationWindow.Seconds()) * (t.FastSum/math.Max(1, t.FastCount) - t.HealthySeconds)
	t.Cap *= 1 + openingRate*dt
	if heldBack == 0 || t.Cap > maxWorkers*maxWorkers {
		t.Cap = 0
	}
}

func (t *taskType) burstFails(threshold float64) bool {
	attempts := t.BurstOK + t.BurstBad
	return attempts > fewestBurst && t.BurstBad > threshold*attempts
}
