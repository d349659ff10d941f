package peer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// What the name of a destination on another host begins with.
const (
	bySSH    = "ssh://" // the user's ssh starts mtbench there
	byItself = "tcp://" // mtbench receive listens there
)

// Syntax is how a destination is written.
const Syntax = bySSH + "[user@]host[:port] or " + byItself + "host[:port]"

// DefaultPort is where mtbench receive listens unless it is told otherwise.
const DefaultPort = 7317

// Target is a host as the user's ssh knows it, or where mtbench receive listens.
type Target struct {
	Direct bool   // without ssh
	User   string // "" = ssh's choice; none without ssh
	Host   string
	Port   int // 0 = ssh's choice, or DefaultPort
}

// port is where mtbench receive listens.
func (t Target) port() int {
	if t.Port == 0 {
		return DefaultPort
	}
	return t.Port
}

// What the parts of a target may be: a name that no program takes for an option, and that no shell
// and no ssh_config expands.
var (
	hostName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	userName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._@-]*$`)
)

// maxTarget bounds a name in characters.
const maxTarget = 255

// ParseTarget reads what Syntax says.
func ParseTarget(text string) (Target, error) {
	bad := func(what string) (Target, error) {
		return Target{}, fmt.Errorf("%q %s; a destination on another host is %s", text, what, Syntax)
	}
	direct := strings.HasPrefix(text, byItself)
	if !direct && !strings.HasPrefix(text, bySSH) || len(text) > maxTarget {
		return bad("is none")
	}
	u, err := url.Parse(text)
	if err != nil {
		return bad("cannot be read")
	}
	t := Target{Direct: direct, Host: u.Hostname()}
	switch {
	case u.User == nil:
	case direct:
		return bad("names a user, and without ssh there is none to log in as")
	default:
		t.User = u.User.Username()
		if _, has := u.User.Password(); has {
			return bad("has a password, which ssh does not take and nobody should see")
		}
	}
	if u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return bad("goes on after the host")
	}
	if port := u.Port(); port != "" {
		t.Port, err = strconv.Atoi(port)
		if err != nil || t.Port < 1 || t.Port > 65535 {
			return bad("has a port that is not between 1 and 65535")
		}
	}
	if err := t.check(); err != nil {
		return bad(err.Error())
	}
	return t, nil
}

func (t Target) check() error {
	addr, err := netip.ParseAddr(t.Host)
	switch {
	case err == nil && addr.Zone() != "" && !hostName.MatchString(addr.Zone()):
		return errors.New("names a network interface that is none")
	case err != nil && !hostName.MatchString(t.Host):
		return errors.New("names no host: letters, digits, dots, dashes and underscores, a letter or " +
			"digit first, or an address")
	case t.User != "" && !userName.MatchString(t.User):
		return errors.New("names a user that is more than letters, digits, dots, dashes and " +
			"underscores, or begins with a dash")
	}
	return nil
}

// ServerAddress is the address of this host that an ssh connection came to, of the text of
// SSH_CONNECTION: the client's address and port, and the server's.
func ServerAddress(connection string) (netip.Addr, error) {
	words := strings.Fields(connection)
	if len(words) != 4 {
		return netip.Addr{}, fmt.Errorf("SSH_CONNECTION is %q; sshd sets it to client address and "+
			"port, server address and port", connection)
	}
	addr, err := netip.ParseAddr(words[2])
	if err != nil || addr.IsUnspecified() || addr.IsMulticast() {
		return netip.Addr{}, fmt.Errorf("SSH_CONNECTION names %q as this host's address", words[2])
	}
	return addr.Unmap(), nil
}

// String is the target as the user wrote it.
func (t Target) String() string {
	text := bySSH
	if t.Direct {
		text = byItself
	}
	if t.User != "" {
		text += t.User + "@"
	}
	switch {
	case t.Port != 0:
		return text + net.JoinHostPort(t.Host, strconv.Itoa(t.Port))
	case strings.Contains(t.Host, ":"):
		return text + "[" + t.Host + "]"
	}
	return text + t.Host
}
