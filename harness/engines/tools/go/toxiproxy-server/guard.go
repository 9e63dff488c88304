package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/Shopify/toxiproxy/v2"
)

// Guard says who may ask this server, and whom its proxies introduce. The zero value guards nothing: it has to be asked for.
type Guard struct {
	// Who asks the API shows this.
	Token string
	// Proxies that introduce themselves to their upstream, by name: with this line, before anything else.
	introduce map[string]string
	// For whom they do so: users of this machine, by id. Nil: where machines are components, the one that the link is from.
	uids []uint32
	// Whose each link is, by the proxy's name.
	from map[string]string
}

// readGuard takes labels from the variable GUARD, and what they stand for from the file SECRETS_FILE, which this user alone can read.
func readGuard() (*Guard, error) {
	text := os.Getenv("GUARD")
	if text == "off" {
		return &Guard{}, nil
	}
	if text == "" {
		return nil, errors.New("it is not set: who may ask this server? (off: everybody)")
	}
	var said struct {
		Token     string            `json:"token"`
		Introduce map[string]string `json:"introduce"`
		Uids      []uint32          `json:"uids"`
		From      map[string]string `json:"from"`
	}
	if err := json.Unmarshal([]byte(text), &said); err != nil {
		return nil, fmt.Errorf("GUARD: %w", err)
	}
	file, err := os.ReadFile(os.Getenv("SECRETS_FILE"))
	if err != nil {
		return nil, err
	}
	secrets := map[string]string{}
	if err := json.Unmarshal(file, &secrets); err != nil {
		return nil, fmt.Errorf("SECRETS_FILE: %w", err)
	}
	guard := &Guard{Token: secrets[said.Token], introduce: map[string]string{}, uids: said.Uids, from: said.From}
	if guard.Token == "" {
		return nil, fmt.Errorf("SECRETS_FILE has no %q", said.Token)
	}
	for proxy, label := range said.Introduce {
		if secrets[label] == "" {
			return nil, fmt.Errorf("SECRETS_FILE has no %q", label)
		}
		guard.introduce[proxy] = "FLOUNDER " + secrets[label] + "\n"
	}
	return guard, nil
}

// dial connects to a proxy's upstream. Who is not known is not introduced: then the upstream hangs up.
func (guard *Guard) dial(proxy *toxiproxy.Proxy, client net.Conn) (net.Conn, error) {
	upstream, err := net.Dial("tcp", proxy.Upstream)
	if err != nil {
		return nil, err
	}
	line, introduces := guard.introduce[proxy.Name]
	if !introduces || !guard.knows(proxy.Name, client) {
		return upstream, nil
	}
	if _, err := upstream.Write([]byte(line)); err != nil {
		upstream.Close()
		return nil, err
	}
	return upstream, nil
}

func (guard *Guard) knows(proxy string, client net.Conn) bool {
	remote, ok := client.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return false
	}
	local, ok := client.LocalAddr().(*net.TCPAddr)
	if !ok {
		return false
	}
	if guard.uids == nil {
		return isAt(remote.IP, guard.from[proxy])
	}
	uid, err := ownerOf(remote, local)
	if err != nil {
		return false
	}
	for _, known := range guard.uids {
		if uid == known {
			return true
		}
	}
	return false
}

// isAt tells whether a component has this address. The machine that containers run on, and so each of its users, has another one.
func isAt(ip net.IP, component string) bool {
	if component == "" {
		return false
	}
	addresses, err := net.LookupHost(component)
	if err != nil {
		return false
	}
	for _, address := range addresses {
		if ip.Equal(net.ParseIP(address)) {
			return true
		}
	}
	return false
}
