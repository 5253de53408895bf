// A sink in Go. What it writes goes to standard output, a line of JSON a record, before it is acknowledged.
// SERVING and NOT_SERVING on standard input set what grpc.health.v1 says of it. build.sh generates the packages interop/*.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"interop/conveyor_etl/common"
	"interop/conveyor_etl/sink"
)

// Written is a record as the test reads it.
type Written struct {
	Source   string            `json:"source"`
	Sequence uint64            `json:"sequence"`
	Payload  json.RawMessage   `json:"payload"`
	Metadata map[string]string `json:"metadata"`
}

type server struct {
	sink.UnimplementedSinkServiceServer
	mu  sync.Mutex
	out *json.Encoder
}

func (s *server) WriteBatch(_ context.Context, request *sink.WriteBatchRequest) (*sink.WriteBatchResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	response := &sink.WriteBatchResponse{
		BatchId: request.GetBatch().GetBatchId(),
		Status:  sink.WriteStatus_WRITE_STATUS_SUCCESS,
	}
	for _, record := range request.GetBatch().GetRecords() {
		id := record.GetId()
		line := Written{id.GetSourceId(), id.GetSequenceNumber(), record.GetPayload(), record.GetMetadata()}
		result := &sink.RecordWriteResult{RecordId: id, Success: true}
		if err := s.out.Encode(line); err != nil {
			result.Success, result.Error, result.Retryable = false, err.Error(), true
			response.Status = sink.WriteStatus_WRITE_STATUS_PARTIAL
		}
		response.Results = append(response.Results, result)
	}
	return response, nil
}

func (s *server) GetCapacity(context.Context, *common.Empty) (*sink.CapacityResponse, error) {
	return &sink.CapacityResponse{AvailableCapacity: 1000}, nil
}

func main() {
	port := flag.Int("port", 0, "0 for any")
	flag.Parse()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", *port))
	if err != nil {
		log.Fatal(err)
	}
	grpcServer, healthServer := grpc.NewServer(), health.NewServer()
	sink.RegisterSinkServiceServer(grpcServer, &server{out: json.NewEncoder(os.Stdout)})
	healthServer.SetServingStatus(sink.SinkService_ServiceDesc.ServiceName, healthpb.HealthCheckResponse_SERVING)
	healthpb.RegisterHealthServer(grpcServer, healthServer)
	reflection.Register(grpcServer) // v1 and v1alpha
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	go follow(healthServer)
	log.Fatal(grpcServer.Serve(listener))
}

// follow takes commands from standard input; its end ends the program, so that it never outlives a test.
func follow(healthServer *health.Server) {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		status := healthpb.HealthCheckResponse_ServingStatus(healthpb.HealthCheckResponse_ServingStatus_value[lines.Text()])
		healthServer.SetServingStatus(sink.SinkService_ServiceDesc.ServiceName, status)
	}
	os.Exit(0)
}
