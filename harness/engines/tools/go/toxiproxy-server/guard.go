package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"

	"github.com/Shopify/toxiproxy/v2"
)

// Guard says who may ask this server, and whom its proxies introduce. The zero value guards nothing.
type Guard struct {
	// Who asks the API shows this.
	Token string
	// Proxies that introduce themselves to their upstream, by name: with this line, before anything else.
	introduce map[string]string
	// For whom they do so: users of this machine, by id. Nil: everybody on the network but the host that it belongs to.
	uids []uint32
}

// readGuard takes labels from the variable GUARD, and what they stand for from the file SECRETS_FILE, which this user alone can read.
func readGuard() (*Guard, error) {
	text := os.Getenv("GUARD")
	if text == "" {
		return &Guard{}, nil
	}
	var said struct {
		Token     string            `json:"token"`
		Introduce map[string]string `json:"introduce"`
		Uids      []uint32          `json:"uids"`
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
	guard := &Guard{Token: secrets[said.Token], introduce: map[string]string{}, uids: said.Uids}
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
	if !introduces || !guard.knows(client) {
		return upstream, nil
	}
	if _, err := upstream.Write([]byte(line)); err != nil {
		upstream.Close()
		return nil, err
	}
	return upstream, nil
}

func (guard *Guard) knows(client net.Conn) bool {
	remote, ok := client.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return false
	}
	local, ok := client.LocalAddr().(*net.TCPAddr)
	if !ok {
		return false
	}
	if guard.uids == nil {
		return !isHost(remote.IP)
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

// isHost tells the machine that a container's network belongs to: Docker gives it the first address of each. Whoever comes from there may be any of its users.
func isHost(ip net.IP) bool {
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok || !network.Contains(ip) {
			continue
		}
		first := network.IP.Mask(network.Mask)
		first[len(first)-1]++
		return first.Equal(ip)
	}
	return true
}
