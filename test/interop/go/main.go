// The Go client github.com/go-zookeeper/zk against one server.
//
// Usage: go run . <host:port>
// Prints `ok - <name>` or `not ok - <name>: <why>` for every check and exits with 1 if any failed.
package main

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-zookeeper/zk"
)

// Long enough for a loaded machine: nothing here measures time, it only waits for what must happen.
const patience = 30 * time.Second

var (
	server   string
	openACL  = zk.WorldACL(zk.PermAll)
	rootACLs = zk.AuthACL(zk.PermAll)
)

type quiet struct{}

func (quiet) Printf(string, ...interface{}) {}

// A site gives one check connections below a node of its own and closes them in the end.
type site struct {
	root  string
	conns []*zk.Conn
}

func (s *site) open() *zk.Conn {
	conn, events, err := zk.Connect([]string{server}, 10*time.Second, zk.WithLogger(quiet{}))
	must(err)
	s.conns = append(s.conns, conn)
	deadline := time.After(patience)
	for conn.State() != zk.StateHasSession {
		select {
		case <-events:
		case <-deadline:
			panic("no session")
		}
	}
	return conn
}

func (s *site) path(name string) string { return s.root + "/" + name }

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func equal(actual, expected interface{}) {
	if fmt.Sprint(actual) != fmt.Sprint(expected) {
		panic(fmt.Sprintf("got %v, expected %v", actual, expected))
	}
}

func refused(err, expected error) {
	if !errors.Is(err, expected) {
		panic(fmt.Sprintf("got %v, expected %v", err, expected))
	}
}

func next(events <-chan zk.Event) zk.Event {
	select {
	case event := <-events:
		return event
	case <-time.After(patience):
		panic("an event never came")
	}
}

func operations(s *site) {
	c := s.open()
	path, err := c.Create(s.path("a"), []byte("1"), 0, openACL)
	must(err)
	equal(path, s.path("a"))
	_, err = c.Create(s.path("a"), nil, 0, openACL)
	refused(err, zk.ErrNodeExists)
	_, err = c.Create(s.path("no/parent"), nil, 0, openACL)
	refused(err, zk.ErrNoNode)
	stat, err := c.Set(s.path("a"), []byte("22"), 0)
	must(err)
	equal(stat.Version, 1)
	_, err = c.Set(s.path("a"), nil, 0)
	refused(err, zk.ErrBadVersion)
	data, stat, err := c.Get(s.path("a"))
	must(err)
	equal(string(data), "22")
	equal(stat.DataLength, 2)
	path, err = c.Create(s.path("a/s-"), nil, zk.FlagSequence, openACL)
	must(err)
	equal(path, s.path("a/s-0000000000"))
	path, err = c.Create(s.path("a/e-"), nil, zk.FlagSequence|zk.FlagEphemeral, openACL)
	must(err)
	_, stat, err = c.Exists(path)
	must(err)
	equal(stat.EphemeralOwner, c.SessionID())
	_, err = c.Create(path+"/child", nil, 0, openACL)
	refused(err, zk.ErrNoChildrenForEphemerals)
	refused(c.Delete(s.path("a"), -1), zk.ErrNotEmpty)
	refused(c.Delete(path, 7), zk.ErrBadVersion)
	must(c.Delete(path, 0))
	children, stat, err := c.Children(s.path("a"))
	must(err)
	equal(children, []string{"s-0000000000"})
	equal(stat.Cversion, 3)
	exists, _, err := c.Exists(s.path("none"))
	must(err)
	equal(exists, false)
	_, err = c.CreateContainer(s.path("box"), nil, zk.FlagContainer, openACL)
	must(err)
	_, err = c.CreateTTL(s.path("ttl"), nil, zk.FlagTTL, openACL, time.Hour)
	must(err)
	_, err = c.Sync(s.root)
	must(err)
}

func multi(s *site) {
	c := s.open()
	responses, err := c.Multi(
		&zk.CreateRequest{Path: s.path("m"), Data: []byte("1"), Acl: openACL},
		&zk.SetDataRequest{Path: s.path("m"), Data: []byte("2"), Version: 0},
		&zk.CheckVersionRequest{Path: s.path("m"), Version: 1},
		&zk.CreateRequest{Path: s.path("m/s-"), Acl: openACL, Flags: zk.FlagSequence},
		&zk.CreateRequest{Path: s.path("gone"), Acl: openACL},
		&zk.DeleteRequest{Path: s.path("gone"), Version: -1},
	)
	must(err)
	equal(responses[0].String, s.path("m"))
	equal(responses[1].Stat.Version, 1)
	equal(responses[3].String, s.path("m/s-0000000000"))
	responses, err = c.Multi(
		&zk.CreateRequest{Path: s.path("never"), Acl: openACL},
		&zk.CheckVersionRequest{Path: s.path("m"), Version: 9},
		&zk.DeleteRequest{Path: s.path("m"), Version: -1},
	)
	refused(err, zk.ErrBadVersion)
	equal(len(responses), 3)
	exists, _, err := c.Exists(s.path("never"))
	must(err)
	equal(exists, false)
}

func watches(s *site) {
	c, other := s.open(), s.open()
	path := s.path("w")
	_, _, events, err := c.ExistsW(path)
	must(err)
	_, err = other.Create(path, nil, 0, openACL)
	must(err)
	equal(next(events).Type, zk.EventNodeCreated)
	_, _, events, err = c.GetW(path)
	must(err)
	_, err = other.Set(path, []byte("1"), -1)
	must(err)
	equal(next(events).Type, zk.EventNodeDataChanged)
	_, _, events, err = c.ChildrenW(path)
	must(err)
	_, err = other.Create(path+"/child", nil, 0, openACL)
	must(err)
	event := next(events)
	equal(event.Type, zk.EventNodeChildrenChanged)
	equal(event.Path, path)
	_, _, events, err = c.GetW(path + "/child")
	must(err)
	must(other.Delete(path+"/child", -1))
	equal(next(events).Type, zk.EventNodeDeleted)
}

func accessControl(s *site) {
	owner, stranger := s.open(), s.open()
	_, err := stranger.Create(s.path("never"), nil, 0, rootACLs)
	refused(err, zk.ErrInvalidACL)
	must(owner.AddAuth("digest", []byte("ann:secret")))
	_, err = owner.Create(s.path("private"), []byte("1"), 0, rootACLs)
	must(err)
	acls, stat, err := owner.GetACL(s.path("private"))
	must(err)
	equal(acls, zk.DigestACL(zk.PermAll, "ann", "secret"))
	equal(stat.Aversion, 0)
	_, _, err = stranger.Get(s.path("private"))
	refused(err, zk.ErrNoAuth)
	must(stranger.AddAuth("digest", []byte("ann:secret")))
	_, _, err = stranger.Get(s.path("private"))
	must(err)
	_, err = owner.SetACL(s.path("private"), zk.WorldACL(zk.PermRead), 0)
	must(err)
	_, err = owner.Set(s.path("private"), nil, -1)
	refused(err, zk.ErrNoAuth)
	refused(s.open().AddAuth("nonsense", []byte("x")), zk.ErrAuthFailed)
}

func locks(s *site) {
	const workers, rounds = 5, 10
	var inside, entered, most int32
	var group sync.WaitGroup
	failures := make(chan interface{}, workers)
	for i := 0; i < workers; i++ {
		conn := s.open()
		group.Add(1)
		go func() {
			defer group.Done()
			defer func() {
				if why := recover(); why != nil {
					failures <- why
				}
			}()
			for round := 0; round < rounds; round++ {
				lock := zk.NewLock(conn, s.path("lock"), openACL)
				must(lock.Lock())
				if now := atomic.AddInt32(&inside, 1); now > atomic.LoadInt32(&most) {
					atomic.StoreInt32(&most, now)
				}
				atomic.AddInt32(&entered, 1)
				time.Sleep(time.Millisecond)
				atomic.AddInt32(&inside, -1)
				must(lock.Unlock())
			}
		}()
	}
	group.Wait()
	select {
	case why := <-failures:
		panic(why)
	default:
	}
	equal(entered, workers*rounds)
	equal(most, 1)
}

// The lock of a session that ends goes to the next in the queue.
func lockOfAClosedSession(s *site) {
	holder, waiter := s.open(), s.open()
	must(zk.NewLock(holder, s.path("lock"), openACL).Lock())
	got := make(chan error, 1)
	go func() { got <- zk.NewLock(waiter, s.path("lock"), openACL).Lock() }()
	select {
	case <-got:
		panic("two holders")
	case <-time.After(200 * time.Millisecond):
	}
	holder.Close()
	select {
	case err := <-got:
		must(err)
	case <-time.After(patience):
		panic("the lock never came")
	}
}

func manyRequestsAtOnce(s *site) {
	c := s.open()
	_, err := c.Create(s.path("n"), nil, 0, openACL)
	must(err)
	var group sync.WaitGroup
	var failed atomic.Value
	for i := 0; i < 50; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for round := 0; round < 20; round++ {
				if _, err := c.Set(s.path("n"), []byte("x"), -1); err != nil {
					failed.Store(err)
				}
				if _, _, err := c.Get(s.path("n")); err != nil {
					failed.Store(err)
				}
			}
		}()
	}
	group.Wait()
	equal(failed.Load(), nil)
	_, stat, err := c.Get(s.path("n"))
	must(err)
	equal(stat.Version, 1000)
}

func bigData(s *site) {
	c := s.open()
	data := make([]byte, 1000000)
	_, err := c.Create(s.path("big"), data, 0, openACL)
	must(err)
	back, _, err := c.Get(s.path("big"))
	must(err)
	equal(len(back), len(data))
}

// Its srvr and cons parsers do not understand Apache ZooKeeper's answers since 3.5, so only this word is left.
func fourLetterWord(s *site) {
	equal(zk.FLWRuok([]string{server}, patience), []bool{true})
}

func run(name string, check func(*site)) (ok bool) {
	s := &site{root: fmt.Sprintf("/go-%d", time.Now().UnixNano())}
	defer func() {
		why := recover()
		for _, conn := range s.conns {
			conn.Close()
		}
		if why != nil {
			fmt.Printf("not ok - %s: %v\n", name, why)
			return
		}
		fmt.Printf("ok - %s\n", name)
		ok = true
	}()
	_, err := s.open().Create(s.root, nil, 0, openACL)
	must(err)
	check(s)
	return
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run . <host:port>")
		os.Exit(2)
	}
	server = os.Args[1]
	checks := []struct {
		name string
		run  func(*site)
	}{
		{"operations", operations},
		{"multi", multi},
		{"watches", watches},
		{"access control", accessControl},
		{"locks", locks},
		{"lock of a closed session", lockOfAClosedSession},
		{"many requests at once", manyRequestsAtOnce},
		{"big data", bigData},
		{"four-letter word", fourLetterWord},
	}
	failures := 0
	for _, check := range checks {
		if !run(check.name, check.run) {
			failures++
		}
	}
	if failures > 0 {
		os.Exit(1)
	}
}
