package auth

import "testing"

func TestLRU_Bounded(t *testing.T) {
	c := newLRU[int, int](3)
	for i := range 4 {
		c.put(i, i)
		if i < 3 {
			c.get(0) // the oldest stays because it is used
		}
	}
	if _, ok := c.get(1); ok || c.len() != 3 {
		t.Errorf("1 is present: %t, %d entries", ok, c.len())
	}
	for _, i := range []int{0, 2, 3} {
		if v, ok := c.get(i); !ok || v != i {
			t.Errorf("%d: %d, %t", i, v, ok)
		}
	}
	c.putUnless(func(present int) bool { return present == 2 }, 2, 20)
	c.putUnless(func(present int) bool { return present == 2 }, 3, 30)
	if two, _ := c.get(2); two != 2 {
		t.Errorf("2 became %d", two)
	}
	if three, _ := c.get(3); three != 30 {
		t.Errorf("3 became %d", three)
	}
	make4 := func() int { return 4 }
	if c.getOrPut(2, make4) != 2 || c.getOrPut(4, make4) != 4 || c.len() != 3 {
		t.Errorf("4 was not added: %d entries", c.len())
	}
}
